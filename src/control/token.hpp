#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "studio/ids.hpp"

namespace shelcaster::control {

/// kDownload: of a link to a show's recordings, and good for nothing else.
enum class Scope { kNone, kInvitation, kDownload, kCaller, kHost, kAdmin };
std::string_view to_string(Scope);

/// Who asks. A host or caller is bound to one show and one seat, an invitation to one show.
struct Identity {
  Scope scope = Scope::kNone;
  studio::ShowId show_id;
  studio::ParticipantId participant_id;
  /// When the token ends; the configured admin token doesn't.
  std::optional<base::WallTime> expires_at = {};
  /// Of an invitation: those of another number than the show's were replaced.
  std::int64_t invitation_number = 0;
  /// For the event log: "admin", the participant's id, or "invitation".
  [[nodiscard]] std::string actor() const;
};

/// Signed tokens: JSON Web Tokens (RFC 7519) with HS256 only. Claims: scope, show, sub
/// (participant), inv (the invitation's number, unless it is 0), iat, exp. Any other algorithm,
/// "none" included, is refused before anything else is believed.
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

/// Tells whose a token is by itself, without asking the store whether it still is: for limits. Any
/// thread.
class TokenJudge {
 public:
  TokenJudge(std::string admin_token, std::string key)
      : admin_token_(std::move(admin_token)), signer_(std::move(key)) {}

  /// kNone for one that isn't ours, or not any more.
  [[nodiscard]] Scope scope_of(std::string_view token, base::WallTime now) const;

 private:
  std::string admin_token_;
  TokenSigner signer_;
};

/// Compares without telling by its time where the first difference is.
bool equal_secrets(std::string_view a, std::string_view b);
std::string sha256_hex(std::string_view bytes);

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace shelcaster::control
