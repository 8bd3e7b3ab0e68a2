#pragma once
#include <optional>
#include <string_view>
#include <cstdint>
#include "error.hpp"
namespace sansmtp {
class line_framer {
public:
  enum class line_kind : std::uint8_t { whole, discarded, too_long };
  struct line { line_kind kind; std::string_view text; std::size_t consumed; };
  constexpr std::optional<line> next(std::string_view u, std::size_t limit, bool full) noexcept {
    auto p=u.find("\r\n"); if(!d_ && p!=u.npos && p+2<=limit) return line{line_kind::whole,u.substr(0,p),p+2};
    if(!d_ && p==u.npos && u.size()<limit && !full) return std::nullopt;
    if(p!=u.npos){ d_=false; return line{line_kind::too_long,{},p+2}; }
    d_=true; std::size_t n=u.size(); if(n && u.back()=='\r') --n; if(n==0) return std::nullopt; return line{line_kind::discarded,{},n};
  }
private: bool d_=false; };
}
