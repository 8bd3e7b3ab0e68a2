#pragma once
#include "data.hpp"
namespace sansmtp {
class chunk_decoder { public: constexpr explicit chunk_decoder(std::uint64_t n=0) noexcept : n_(n) {}
 constexpr step next(std::string_view in) noexcept { auto k = n_<in.size()?std::size_t(n_):in.size(); n_-=k; return {in.substr(0,k),k,n_==0}; }
 constexpr std::uint64_t left() const noexcept { return n_; }
private: std::uint64_t n_; };
}
