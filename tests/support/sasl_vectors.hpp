// spec/sasl-vectors.csv: who sends which octets in which step, and their base64 form.
#pragma once

#include <sansmtp/error.hpp>

#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

struct sasl_vector {
    std::string mechanism, name, sender, raw, base64;
    int step = 0;
};

inline std::string from_hex(const std::string& hex) {
    std::string octets;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        octets += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return octets;
}

inline std::vector<sasl_vector> sasl_vectors() {
    std::vector<sasl_vector> all;
    std::ifstream file(SANSMTP_SPEC "/sasl-vectors.csv");
    std::string line;
    std::getline(file, line); // the names of the columns
    while (std::getline(file, line)) {
        std::istringstream row(line);
        std::string step, hex;
        sasl_vector v;
        std::getline(row, v.mechanism, ',');
        std::getline(row, v.name, ',');
        std::getline(row, step, ',');
        std::getline(row, v.sender, ',');
        std::getline(row, hex, ',');
        std::getline(row, v.base64, ',');
        v.step = std::stoi(step);
        v.raw = from_hex(hex);
        all.push_back(v);
    }
    return all;
}

// The octets of one step.
inline std::string sasl_step(const std::string& mechanism, const std::string& name, int step) {
    for (const sasl_vector& v : sasl_vectors())
        if (v.mechanism == mechanism && v.name == name && v.step == step) return v.raw;
    return "no such vector";
}

// What a mechanism answers to what it received, and why if it does not.
template <class M>
std::string turn(M& mechanism, std::optional<std::string_view> received, sansmtp::errc& error) {
    std::array<char, 2048> out{};
    const auto made = mechanism.step(received, out);
    error = made.error().code;
    return std::string(out.data(), made->size);
}
