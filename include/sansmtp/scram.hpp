// SCRAM [RFC 5802; SHA-256: RFC 7677], with and without channel binding. The hash and the random nonces are the caller's.
//
// Names and passwords are compared as they are: who has other than ASCII prepares them by SASLprep [RFC 4013] first.
// SMTP has no data with success, so the server's last message is a challenge that the client answers with nothing.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base64.hpp"
#include "cram_md5.hpp"
#include "detail/decimal.hpp"
#include "sasl.hpp"

namespace sansmtp::sasl {

// A hash function that SCRAM is defined for. `pbkdf2` is PBKDF2 with its HMAC [RFC 8018 5.2], `out` has `size` octets.
// `scram_name` is "SCRAM-SHA-1" or "SCRAM-SHA-256".
template <class H>
concept scram_hash = hash_function<H> &&
    requires(std::string_view text, std::uint32_t iterations, std::span<char> out) {
    { H::scram_name } -> std::convertible_to<std::string_view>;
    { H::pbkdf2(text, text, iterations, out) } -> std::same_as<bool>;
};

// Ties an exchange to its TLS connection [RFC 5802 6].
struct channel_binding {
    enum class use : std::uint8_t {
        unsupported, // "n"
        unoffered,   // "y": the client could, and believes that the server cannot
        required,    // "p=": the mechanism is SCRAM-...-PLUS
    };
    use how = use::unsupported;
    std::string_view type = {}; // "tls-exporter", "tls-server-end-point", "tls-unique"
    std::string_view data = {}; // octets that TLS gives for that type
};

// What a server stores of a user instead of a password. Keys have the size of the hash.
struct scram_keys {
    std::string_view salt;
    std::uint32_t iterations = 0;
    std::string_view stored_key;
    std::string_view server_key;
};

inline constexpr std::uint32_t max_scram_iterations = 10'000'000; // more is an attack on the client's time
inline constexpr std::uint32_t min_scram_iterations = 4096;       // fewer are weak, and taken all the same [RFC 7677 4]

} // namespace sansmtp::sasl

namespace sansmtp::detail {

// "SCRAM-SHA-256-PLUS"
template <class Hash>
inline constexpr auto scram_plus_name = [] {
    constexpr std::string_view base = Hash::scram_name;
    std::array<char, base.size() + 5> text{};
    writer(text).put(base).put("-PLUS");
    return text;
}();

template <class Hash>
constexpr std::string_view scram_name(bool plus) noexcept {
    constexpr auto& long_name = scram_plus_name<Hash>;
    return plus ? std::string_view(long_name.data(), long_name.size()) : std::string_view(Hash::scram_name);
}

// nonce = 1*(%x21-2B / %x2D-7E)
constexpr bool is_scram_nonce(std::string_view text) noexcept {
    return !text.empty() && chars::graphic.all(text) && text.find(',') == std::string_view::npos;
}

// Takes "k=value" and the comma behind it from the front of `rest`; nothing if another attribute stands there.
constexpr std::optional<std::string_view> take_attribute(std::string_view& rest, char key) noexcept {
    if (rest.size() < 2 || rest[0] != key || rest[1] != '=') return std::nullopt;
    const std::size_t comma = rest.find(',');
    const std::string_view value = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    return value;
}

// True if one of the attributes behind those that are known is "m=": an extension that must be understood, wherever it
// stands. Others are optional. [RFC 5802 5.1]
constexpr bool has_mandatory(std::string_view rest) noexcept {
    while (!rest.empty()) {
        if (rest.substr(0, 2) == "m=") return true;
        const std::size_t comma = rest.find(',');
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return false;
}

// The octets that both sides build up: client-first-bare "," server-first "," client-final-without-proof, in front of
// them the GS2 header, which only counts in "c=".
class scram_text {
public:
    constexpr void clear() noexcept { size_ = header_ = 0, fits_ = true; }
    constexpr scram_text& put(std::string_view text) noexcept {
        writer w(std::span<char>(octets_).subspan(size_));
        fits_ = fits_ && w.put(text).ok();
        if (fits_) size_ += text.size();
        return *this;
    }
    constexpr void end_header() noexcept { header_ = size_; }

    constexpr bool fits() const noexcept { return fits_; }
    constexpr std::string_view header() const noexcept { return {octets_.data(), header_}; }
    constexpr std::string_view message() const noexcept { return {octets_.data() + header_, size_ - header_}; }
    constexpr std::string_view all() const noexcept { return {octets_.data(), size_}; }

private:
    std::array<char, 3072> octets_{};
    std::size_t size_ = 0;
    std::size_t header_ = 0;
    bool fits_ = true;
};

// The base64 form of the GS2 header and the channel's data: the value of "c=". Returns its octets; 0 if there is no room.
constexpr std::size_t put_channel(std::string_view header, std::string_view data, std::span<char> out) noexcept {
    std::array<char, 1024> octets{};
    writer w(octets);
    if (!w.put(header).put(data).ok()) return 0;
    return encode_base64({octets.data(), w.size()}, out).value_or(0);
}

// gs2-header = ("n" / "y" / "p=" cb-name) "," ["a=" saslname] ","; cb-name = 1*(ALPHA / DIGIT / "." / "-"). False if a field
// may not stand in it, or is too long.
constexpr bool put_gs2_header(scram_text& text, const sasl::channel_binding& channel,
                              std::string_view authorization) noexcept {
    using use = sasl::channel_binding::use;
    std::array<char, 3 * 255> name{};
    writer w(name);
    put_saslname(w, authorization);
    bool good = w.ok();
    text.put(channel.how == use::unsupported ? "n," : channel.how == use::unoffered ? "y," : "p=");
    if (channel.how == use::required) {
        for (const char c : channel.type) good = good && (chars::ldh.contains(c) || c == '.');
        good = good && !channel.type.empty();
        text.put(channel.type).put(",");
    }
    if (!authorization.empty() && good) text.put("a=").put({name.data(), w.size()});
    text.put(",");
    text.end_header();
    return good;
}

} // namespace sansmtp::detail

namespace sansmtp::sasl {

// The two keys of a password, for whoever stores users [RFC 5802 3].
template <scram_hash Hash>
struct scram_secret {
    std::array<char, Hash::size> stored_key{};
    std::array<char, Hash::size> server_key{};

    // False if the hash failed.
    constexpr bool derive(std::string_view password, std::string_view salt, std::uint32_t iterations) noexcept {
        std::array<char, Hash::size> salted{};
        std::array<char, Hash::size> client_key{};
        const std::string_view key(salted.data(), salted.size());
        const bool made = Hash::pbkdf2(password, salt, iterations, salted) &&
                          Hash::hmac(key, "Client Key", client_key) && Hash::hmac(key, "Server Key", server_key) &&
                          Hash::digest({client_key.data(), client_key.size()}, stored_key);
        detail::wipe(salted);
        detail::wipe(client_key);
        return made;
    }
    // The views end with this object, and `salt`.
    constexpr scram_keys keys(std::string_view salt, std::uint32_t iterations) const noexcept {
        return {salt, iterations, {stored_key.data(), stored_key.size()}, {server_key.data(), server_key.size()}};
    }
};

template <scram_hash Hash>
class scram_client {
public:
    // `nonce`: printable, without comma, never used before; 18 random octets in base64 will do.
    constexpr scram_client(std::string_view identity, std::string_view password, std::string_view nonce,
                           std::string_view authorization = {}, const channel_binding& channel = {}) noexcept
        : identity_(identity), password_(password), nonce_(nonce), authorization_(authorization), channel_(channel) {}

    constexpr std::string_view name() const noexcept {
        return detail::scram_name<Hash>(channel_.how == channel_binding::use::required);
    }
    constexpr result<client_step> step(std::optional<std::string_view> challenge, std::span<char> out) noexcept {
        if (!challenge) return first(out);
        switch (next_) {
        case state::server_first: return final(*challenge, out);
        case state::server_final: return check(*challenge);
        default: return errc::bad_sasl_message;
        }
    }
    // What the server asked for; 0 before that. Under min_scram_iterations a warning is in place.
    constexpr std::uint32_t iterations() const noexcept { return iterations_; }

private:
    enum class state : std::uint8_t { start, server_first, server_final, end };

    // client-first = gs2-header "n=" saslname ",r=" nonce
    constexpr result<client_step> first(std::span<char> out) noexcept {
        next_ = state::end;
        iterations_ = 0;
        if (identity_.empty() || !detail::are_sasl_text(identity_, authorization_) || !detail::is_scram_nonce(nonce_))
            return errc::refused_field;
        std::array<char, 3 * 255> user{};
        detail::writer w(user);
        detail::put_saslname(w, identity_);
        if (!w.ok()) return errc::refused_field;
        text_.clear();
        if (!detail::put_gs2_header(text_, channel_, authorization_)) return errc::refused_field;
        text_.put("n=").put({user.data(), w.size()}).put(",r=").put(nonce_);
        if (!text_.fits()) return errc::refused_field;
        next_ = state::server_first;
        detail::writer message(out);
        message.put(text_.all());
        return detail::sent(message, false);
    }

    // client-final = "c=" base64 ",r=" nonce ",p=" base64
    constexpr result<client_step> final(std::string_view server_first, std::span<char> out) noexcept {
        next_ = state::end;
        std::string_view rest = server_first; // an "m=" in front is an extension that nobody knows
        const auto nonce = detail::take_attribute(rest, 'r');
        const auto salt = nonce ? detail::take_attribute(rest, 's') : std::nullopt;
        const auto count = salt ? detail::take_attribute(rest, 'i') : std::nullopt;
        if (!count || count->empty() || count->front() == '0' || detail::has_mandatory(rest))
            return errc::bad_sasl_message;
        const std::uint64_t iterations = detail::parse_decimal(*count).value_or(0);
        if (iterations == 0 || iterations > max_scram_iterations) return errc::bad_sasl_message;
        iterations_ = static_cast<std::uint32_t>(iterations);
        if (nonce->size() <= nonce_.size() || nonce->substr(0, nonce_.size()) != nonce_ ||
            !detail::is_scram_nonce(*nonce))
            return errc::bad_sasl_message;
        std::array<char, 512> salt_octets{};
        const auto salt_size = decode_base64(*salt, salt_octets);
        std::array<char, 1400> channel{};
        const std::size_t channel_size = detail::put_channel(text_.header(), channel_.data, channel);
        if (!salt_size || *salt_size == 0 || channel_size == 0) return errc::bad_sasl_message;

        const std::size_t before = text_.put(",").put(server_first).put(",").all().size();
        text_.put("c=").put({channel.data(), channel_size}).put(",r=").put(*nonce);
        if (!text_.fits()) return errc::bad_sasl_message;
        std::array<char, Hash::size> proof{};
        if (!prove({salt_octets.data(), *salt_size}, iterations_, proof)) return errc::bad_credentials;
        detail::writer w(out);
        w.put(text_.all().substr(before)).put(",p=");
        const auto digits = encode_base64({proof.data(), proof.size()}, out.subspan(w.ok() ? w.size() : out.size()));
        if (!digits) return errc::no_room;
        next_ = state::server_final;
        return client_step{w.size() + *digits, false};
    }

    // ClientProof = ClientKey XOR HMAC(H(ClientKey), AuthMessage); keeps the ServerSignature.
    constexpr bool prove(std::string_view salt, std::uint32_t iterations, std::span<char, Hash::size> proof) noexcept {
        std::array<char, Hash::size> salted{};
        std::array<char, Hash::size> stored{};
        std::array<char, Hash::size> signature{};
        const auto view = [](const std::array<char, Hash::size>& a) { return std::string_view(a.data(), a.size()); };
        bool made =
            Hash::pbkdf2(password_, salt, iterations, salted) && Hash::hmac(view(salted), "Client Key", proof) &&
            Hash::digest({proof.data(), proof.size()}, stored) && Hash::hmac(view(stored), text_.message(), signature);
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
        made = made && Hash::hmac(view(salted), "Server Key", stored) &&
               Hash::hmac(view(stored), text_.message(), server_signature_);
        detail::wipe(salted);
        detail::wipe(stored);
        return made;
    }

    // server-final = ("e=" error / "v=" base64); the server proves that it knows the user, too.
    constexpr result<client_step> check(std::string_view server_final) noexcept {
        next_ = state::end;
        std::string_view rest = server_final;
        std::array<char, Hash::size> signature{};
        const auto verifier = detail::take_attribute(rest, 'v');
        if (!verifier) return errc::bad_credentials;
        const auto size = decode_base64(*verifier, signature);
        if (!size || !detail::equal_in_constant_time({signature.data(), *size},
                                                     {server_signature_.data(), server_signature_.size()}))
            return errc::bad_credentials;
        return client_step{0, true};
    }

    std::string_view identity_;
    std::string_view password_;
    std::string_view nonce_;
    std::string_view authorization_;
    channel_binding channel_;
    detail::scram_text text_;
    std::array<char, Hash::size> server_signature_{};
    std::uint32_t iterations_ = 0;
    state next_ = state::start;
};

template <scram_hash Hash>
class scram_server {
public:
    // `nonce`: the server's part, as for a client. `offers_plus`: the EHLO list has the -PLUS mechanism as well, so that a
    // client which believes that it has not is being deceived.
    constexpr explicit scram_server(std::string_view nonce, const channel_binding& channel = {},
                                    bool offers_plus = false) noexcept
        : nonce_(nonce), channel_(channel), offers_plus_(offers_plus) {}

    constexpr std::string_view name() const noexcept { return detail::scram_name<Hash>(plus()); }
    constexpr result<server_step> step(std::optional<std::string_view> response, std::span<char> out) noexcept {
        if (!response) return server_step{stage::challenge, 0};
        switch (next_) {
        case state::client_first: return first(*response);
        case state::client_final: return final(*response, out);
        case state::nothing: next_ = state::end; return last(*response);
        default: return errc::bad_sasl_message;
        }
    }
    constexpr claim claimed() const noexcept {
        return {{authorization_.data(), authorization_size_}, {identity_.data(), identity_size_}, {}};
    }

    // Takes what is stored of claimed().identity, and writes the challenge. For a user who does not exist, made-up keys
    // keep that secret [RFC 5802 9].
    constexpr result<server_step> provide(const scram_keys& keys, std::span<char> out) noexcept {
        if (next_ != state::keys || keys.stored_key.size() != Hash::size || keys.server_key.size() != Hash::size ||
            keys.salt.empty() || keys.iterations == 0 || !detail::is_scram_nonce(nonce_))
            return errc::bad_credentials;
        keys.stored_key.copy(stored_key_.data(), Hash::size);
        keys.server_key.copy(server_key_.data(), Hash::size);
        std::array<char, 700> salt{};
        const auto salt_size = encode_base64(keys.salt, salt);
        if (!salt_size) return errc::bad_credentials;
        std::array<char, 10> count{};
        detail::writer digits(count);
        digits.put_decimal(keys.iterations);
        const std::size_t start = text_.put(",").all().size();
        text_.put("r=").put(text_.all().substr(client_nonce_, client_nonce_size_)).put(nonce_);
        text_.put(",s=").put({salt.data(), *salt_size}).put(",i=").put({count.data(), digits.size()});
        if (!text_.fits()) return errc::bad_sasl_message;
        next_ = state::client_final;
        detail::writer w(out);
        if (!w.put(text_.all().substr(start)).ok()) return errc::no_room;
        return server_step{stage::challenge, w.size()};
    }

private:
    enum class state : std::uint8_t { client_first, keys, client_final, nothing, end };

    constexpr bool plus() const noexcept { return channel_.how == channel_binding::use::required; }

    // client-first = gs2-header "n=" saslname ",r=" nonce ["," extensions]
    constexpr result<server_step> first(std::string_view message) noexcept {
        next_ = state::end;
        std::string_view rest = message;
        const auto flag = detail::take_until(rest, ',');
        const auto authorization = flag ? detail::take_until(rest, ',') : std::nullopt;
        if (!authorization) return errc::bad_sasl_message;
        if (const errc wrong = check_flag(*flag); wrong != errc::none) return wrong;
        const std::size_t header = message.size() - rest.size();
        const auto user = detail::take_attribute(rest, 'n'); // an "m=" in front is an extension that nobody knows
        const auto nonce = user ? detail::take_attribute(rest, 'r') : std::nullopt;
        if (!nonce || !detail::is_scram_nonce(*nonce) || detail::has_mandatory(rest)) return errc::bad_sasl_message;
        detail::writer identity(identity_);
        detail::writer acting_as(authorization_);
        const bool named = authorization->empty() || (authorization->substr(0, 2) == "a=" &&
                                                      detail::decode_saslname(acting_as, authorization->substr(2)));
        if (!named || !detail::decode_saslname(identity, *user) || !identity.ok() || !acting_as.ok())
            return errc::bad_sasl_message;
        identity_size_ = identity.size();
        authorization_size_ = acting_as.size();
        client_nonce_ = static_cast<std::size_t>(nonce->data() - message.data());
        client_nonce_size_ = nonce->size();
        text_.clear();
        text_.put(message.substr(0, header)).end_header();
        if (!text_.put(message.substr(header)).fits()) return errc::bad_sasl_message;
        next_ = state::keys;
        return server_step{stage::lookup, 0};
    }

    constexpr errc check_flag(std::string_view flag) const noexcept {
        if (plus())
            return flag.substr(0, 2) == "p=" && flag.substr(2) == channel_.type ? errc::none : errc::bad_credentials;
        if (flag == "y") return offers_plus_ ? errc::bad_credentials : errc::none; // a downgrade
        return flag == "n" ? errc::none : errc::bad_sasl_message;
    }

    // client-final = "c=" base64 ",r=" nonce ["," extensions] ",p=" base64
    constexpr result<server_step> final(std::string_view message, std::span<char> out) noexcept {
        next_ = state::end;
        const std::size_t proof_at = message.rfind(",p=");
        if (proof_at == std::string_view::npos) return errc::bad_sasl_message;
        std::string_view rest = message.substr(0, proof_at);
        const auto channel = detail::take_attribute(rest, 'c');
        const auto nonce = channel ? detail::take_attribute(rest, 'r') : std::nullopt;
        std::array<char, Hash::size> proof{};
        const auto size = decode_base64(message.substr(proof_at + 3), proof);
        if (!nonce || !size || *size != proof.size() || detail::has_mandatory(rest)) return errc::bad_sasl_message;
        const std::string_view client_nonce = text_.all().substr(client_nonce_, client_nonce_size_);
        if (nonce->substr(0, client_nonce.size()) != client_nonce || nonce->substr(client_nonce.size()) != nonce_)
            return errc::bad_credentials;
        std::array<char, 1400> expected{};
        const std::size_t expected_size =
            detail::put_channel(text_.header(), plus() ? channel_.data : std::string_view{}, expected);
        if (*channel != std::string_view(expected.data(), expected_size)) return errc::bad_credentials;
        if (!text_.put(",").put(message.substr(0, proof_at)).fits()) return errc::bad_sasl_message;
        if (!verify(proof)) return errc::bad_credentials;
        return sign(out);
    }

    // H(ClientProof XOR HMAC(StoredKey, AuthMessage)) = StoredKey
    constexpr bool verify(const std::array<char, Hash::size>& proof) const noexcept {
        std::array<char, Hash::size> key{};
        std::array<char, Hash::size> digest{};
        const std::string_view stored(stored_key_.data(), stored_key_.size());
        bool made = Hash::hmac(stored, text_.message(), key);
        for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ proof[i]);
        made = made && Hash::digest({key.data(), key.size()}, digest);
        detail::wipe(key);
        return made && detail::equal_in_constant_time({digest.data(), digest.size()}, stored);
    }

    // server-final = "v=" base64
    constexpr result<server_step> sign(std::span<char> out) noexcept {
        std::array<char, Hash::size> signature{};
        if (!Hash::hmac({server_key_.data(), server_key_.size()}, text_.message(), signature))
            return errc::bad_credentials;
        detail::writer w(out);
        if (!w.put("v=").ok()) return errc::no_room;
        const auto digits = encode_base64({signature.data(), signature.size()}, out.subspan(2));
        if (!digits) return errc::no_room;
        next_ = state::nothing;
        return server_step{stage::challenge, 2 + *digits};
    }

    constexpr result<server_step> last(std::string_view message) noexcept {
        detail::wipe(stored_key_);
        detail::wipe(server_key_);
        if (!message.empty()) return errc::bad_sasl_message;
        return server_step{stage::done, 0};
    }

    std::string_view nonce_;
    channel_binding channel_;
    bool offers_plus_;
    state next_ = state::client_first;
    detail::scram_text text_;
    std::array<char, 255> identity_{};
    std::array<char, 255> authorization_{};
    std::size_t identity_size_ = 0;
    std::size_t authorization_size_ = 0;
    std::size_t client_nonce_ = 0; // where it stands in text_
    std::size_t client_nonce_size_ = 0;
    std::array<char, Hash::size> stored_key_{};
    std::array<char, Hash::size> server_key_{};
};

} // namespace sansmtp::sasl
