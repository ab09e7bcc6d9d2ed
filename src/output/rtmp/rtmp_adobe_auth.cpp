#include "output/rtmp/rtmp_adobe_auth.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace shelcaster::output {
namespace {

std::string base64_md5(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    return {};  // a machine that allows no MD5
  }
  std::array<unsigned char, 64> out{};
  const int length = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

std::string_view parameter(std::string_view query, std::string_view name) {
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace

std::string adobe_auth_app(const RtmpAddress& address, std::string_view app,
                           std::string_view description) {
  if (description.find("authmod=adobe") == std::string_view::npos ||
      app.find("&response=") != std::string_view::npos) {
    return {};
  }
  const std::string start = fmt::format("{}?authmod=adobe&user={}", address.app, address.user);
  const std::size_t question = description.find('?');
  if (question == std::string_view::npos ||
      description.find("reason=needauth") == std::string_view::npos) {
    return app == start ? std::string() : start;
  }
  std::string_view query = description.substr(question + 1);
  query = query.substr(0, query.find_first_of(" ]"));
  const std::string_view salt = parameter(query, "salt");
  const std::string_view opaque = parameter(query, "opaque");
  const std::string_view challenge = parameter(query, "challenge");
  constexpr std::string_view kOurChallenge = "00000000";
  const std::string secret =
      base64_md5(fmt::format("{}{}{}", address.user, salt, address.password));
  const std::string response =
      base64_md5(fmt::format("{}{}{}", secret, opaque.empty() ? challenge : opaque, kOurChallenge));
  if (response.empty()) return {};
  return fmt::format("{}&challenge={}&response={}{}{}", start, kOurChallenge, response,
                     opaque.empty() ? "" : "&opaque=", opaque);
}

}  // namespace shelcaster::output
