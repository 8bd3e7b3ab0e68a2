// The tables of tests/spec/, as rows of fields by column name. Fields may be quoted, and hold commas and doubled quotes.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace csv {

using row = std::map<std::string, std::string>;

inline std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            fields.back().push_back(line[++i]);
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            fields.emplace_back();
        else
            fields.back().push_back(line[i]);
    }
    return fields;
}

// Reads tests/spec/NAME.
inline std::vector<row> read(std::string_view name) {
    const auto path = std::filesystem::path(SANSMTP_SPEC) / name;
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    std::string line;
    std::getline(file, line);
    const std::vector<std::string> names = split(line);
    std::vector<row> rows;
    while (std::getline(file, line)) {
        const std::vector<std::string> fields = split(line);
        row r;
        for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i) r[names[i]] = fields[i];
        rows.push_back(r);
    }
    return rows;
}

inline std::vector<std::string> words(const std::string& text, char separator = ' ') {
    std::vector<std::string> found(1);
    for (const char c : text) {
        if (c == separator)
            found.emplace_back();
        else
            found.back().push_back(c);
    }
    std::erase_if(found, [](const std::string& w) { return w.empty(); });
    return found;
}

} // namespace csv
