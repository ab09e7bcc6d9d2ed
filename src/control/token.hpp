#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "studio/ids.hpp"

namespace shelcaster::control {

enum class Scope { kNone, kInvitation, kCaller, kHost, kAdmin };
std::string_view to_string(Scope);

/// Who asks. A host or caller is bound to one show and one seat, an invitation to one show.
struct Identity {
  Scope scope = Scope::kNone;
  studio::ShowId show_id;
  studio::ParticipantId participant_id;
  /// When the token ends; the configured admin token doesn't.
  std::optional<base::WallTime> expires_at = {};
  /// For the event log: "admin", the participant's id, or "invitation".
  [[nodiscard]] std::string actor() const;
};

/// Signed tokens: JSON Web Tokens (RFC 7519) with HS256 only. Claims: scope, show, sub
/// (participant), iat, exp. Any other algorithm, "none" included, is refused before anything else
/// is believed.
class TokenSigner {
 public:
  explicit TokenSigner(std::string key) : key_(std::move(key)) {}

  [[nodiscard]] std::string sign(const Identity&, base::WallTime now,
                                 std::int64_t lifetime_s) const;
  /// The error doesn't say more than a stranger may know.
  [[nodiscard]] base::Result<Identity> verify(std::string_view token, base::WallTime now) const;

 private:
  std::string key_;
};

/// Compares without telling by its time where the first difference is.
bool equal_secrets(std::string_view a, std::string_view b);
std::string sha256_hex(std::string_view bytes);

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace shelcaster::control
