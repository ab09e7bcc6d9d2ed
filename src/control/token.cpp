#include "control/token.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>

namespace shelcaster::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::int64_t kExpiryMax = INT64_MAX / 1000;  // seconds, of which milliseconds are made
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string digest_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hmac_of(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), mac.data(),
           &size) == nullptr) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(mac.data()), size};
}

std::optional<json::object> object_of(std::string_view base64) {
  const auto text = from_base64url(base64);
  if (!text) return std::nullopt;
  json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code error;
  json::value value = json::parse(*text, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view();
}

Scope parse_scope(std::string_view text) {
  for (const Scope s :
       {Scope::kInvitation, Scope::kDownload, Scope::kCaller, Scope::kHost, Scope::kAdmin}) {
    if (to_string(s) == text) return s;
  }
  return Scope::kNone;
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kNone:
      return "none";
    case Scope::kInvitation:
      return "invitation";
    case Scope::kDownload:
      return "download";
    case Scope::kCaller:
      return "caller";
    case Scope::kHost:
      return "host";
    case Scope::kAdmin:
      return "admin";
  }
  std::abort();
}

std::string Identity::actor() const {
  return participant_id.empty() ? std::string(to_string(scope)) : participant_id.str();
}

std::string base64url(std::string_view bytes) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[bits >> count & 63U];
    }
    bits &= (1U << count) - 1;
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63U];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xffU);
    }
    bits &= (1U << count) - 1;
  }
  // What is left over must be padding of zeros: one text per value, so that no second form of a
  // token exists.
  if (count >= 6 || bits != 0) return std::nullopt;
  return out;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  const std::string da = digest_of(a);
  const std::string db = digest_of(b);
  return CRYPTO_memcmp(da.data(), db.data(), da.size()) == 0;
}

std::string sha256_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : digest_of(bytes)) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::string TokenSigner::sign(const Identity& who, base::WallTime now,
                              std::int64_t lifetime_s) const {
  const std::int64_t issued = now.unix_ms() / 1000;
  json::object claims{
      {"scope", to_string(who.scope)}, {"iat", issued}, {"exp", issued + lifetime_s}};
  if (!who.show_id.empty()) claims["show"] = who.show_id.str();
  if (!who.participant_id.empty()) claims["sub"] = who.participant_id.str();
  if (who.invitation_number != 0) claims["inv"] = who.invitation_number;
  const std::string head =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(json::serialize(claims));
  return head + "." + base64url(hmac_of(key_, head));
}

base::Result<Identity> TokenSigner::verify(std::string_view token, base::WallTime now) const {
  const auto malformed = base::fail("the token is malformed");
  if (token.size() > kTokenBytesMax) return malformed;
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  if (first == std::string_view::npos || second == first) return malformed;
  const auto header = object_of(token.substr(0, first));
  if (!header || text_of(*header, "alg") != "HS256") return malformed;
  const auto signature = from_base64url(token.substr(second + 1));
  if (!signature || !equal_secrets(*signature, hmac_of(key_, token.substr(0, second)))) {
    return base::fail("the token was not issued here");
  }
  const auto claims = object_of(token.substr(first + 1, second - first - 1));
  if (!claims) return malformed;
  const json::value* expires = claims->if_contains("exp");
  if (expires == nullptr || !expires->is_int64() || expires->get_int64() > kExpiryMax) {
    return malformed;
  }
  if (now.unix_ms() / 1000 >= expires->get_int64()) {
    return base::fail("the token has expired: ask for a new link");
  }
  Identity who{parse_scope(text_of(*claims, "scope")),
               studio::ShowId(std::string(text_of(*claims, "show"))),
               studio::ParticipantId(std::string(text_of(*claims, "sub"))),
               base::WallTime::from_unix_ms(expires->get_int64() * 1000)};
  if (const json::value* number = claims->if_contains("inv"); number != nullptr) {
    if (!number->is_int64()) return malformed;
    who.invitation_number = number->get_int64();
  }
  const bool needs_show = who.scope != Scope::kAdmin;
  const bool needs_seat = who.scope == Scope::kHost || who.scope == Scope::kCaller;
  if (who.scope == Scope::kNone || needs_show == who.show_id.empty() ||
      needs_seat == who.participant_id.empty()) {
    return malformed;
  }
  return who;
}

Scope TokenJudge::scope_of(std::string_view token, base::WallTime now) const {
  if (!admin_token_.empty() && equal_secrets(token, admin_token_)) return Scope::kAdmin;
  const auto who = signer_.verify(token, now);
  return who ? who->scope : Scope::kNone;
}

}  // namespace shelcaster::control
