// The hash functions that CRAM-MD5 and SCRAM need, from OpenSSL.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace openssl {

inline const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* octets(std::span<char> out) { return reinterpret_cast<unsigned char*>(out.data()); }
inline bool fits_int(std::string_view text) { return text.size() <= std::size_t{std::numeric_limits<int>::max()}; }

// `Algorithm` is EVP_md5, EVP_sha1, EVP_sha256, ...
template <const EVP_MD* (*Algorithm)(), std::size_t Size>
struct hash {
    static constexpr std::size_t size = Size;

    static bool digest(std::string_view text, std::span<char> out) noexcept {
        return EVP_Digest(text.data(), text.size(), octets(out), nullptr, Algorithm(), nullptr) == 1;
    }
    static bool hmac(std::string_view key, std::string_view text, std::span<char> out) noexcept {
        return fits_int(key) && HMAC(Algorithm(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
                                     octets(out), nullptr) != nullptr;
    }
    static bool pbkdf2(std::string_view password, std::string_view salt, std::uint32_t iterations,
                       std::span<char> out) noexcept {
        return fits_int(password) && fits_int(salt) && iterations <= std::uint32_t{std::numeric_limits<int>::max()} &&
               PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                                 static_cast<int>(salt.size()), static_cast<int>(iterations), Algorithm(),
                                 static_cast<int>(Size), octets(out)) == 1;
    }
};

struct md5 : hash<EVP_md5, 16> {};
struct sha1 : hash<EVP_sha1, 20> {
    static constexpr std::string_view scram_name = "SCRAM-SHA-1";
};
struct sha256 : hash<EVP_sha256, 32> {
    static constexpr std::string_view scram_name = "SCRAM-SHA-256";
};

} // namespace openssl
