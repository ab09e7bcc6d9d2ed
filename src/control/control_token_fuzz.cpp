#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/token.hpp"

// No text is a token but one that was signed here; and a payload of the fuzzer's, signed with the
// key, must give an identity that is whole or be refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  using namespace shelcaster::control;
  static const TokenSigner signer(std::string(32, 'k'));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto now = base::WallTime::from_unix_ms(1'763'760'000'000);
  if (signer.verify(text, now).has_value()) std::abort();
  const auto decoded = from_base64url(text);
  if (decoded && base64url(*decoded) != text) std::abort();
  if (from_base64url(base64url(text)) != std::string(text)) std::abort();
  const std::string token =
      signer.sign({Scope::kHost, studio::ShowId(std::string(text.substr(0, size / 2))),
                   studio::ParticipantId("part-1")},
                  now, 60);
  std::string changed = token;
  if (size > 0) changed[data[0] % changed.size()] = static_cast<char>(data[size - 1]);
  if (changed != token && signer.verify(changed, now).has_value()) std::abort();
  return 0;
}
