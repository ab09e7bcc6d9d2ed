#include "rtc/ice/detail/binding_answer.hpp"

namespace shelcaster::rtc::detail {

std::string_view addressed_ufrag(const StunMessage& request) {
  if (!request.username) return {};
  const std::size_t colon = request.username->find(':');
  return colon == std::string_view::npos ? std::string_view{} : request.username->substr(0, colon);
}

BindingAnswer answer_binding(const StunMessage& request, const net::Endpoint& from,
                             const IceCredentials* local, bool we_are_controlling) {
  StunBuilder error(StunClass::kError, request.transaction);
  if (!request.username || request.integrity_at == 0) {
    return {false, error.error_code(kStunBadRequest, "Bad Request").finish(std::nullopt)};
  }
  if (local == nullptr || !request.verify_integrity(local->pwd)) {
    return {false, error.error_code(kStunUnauthenticated, "Unauthenticated").finish(std::nullopt)};
  }
  if (request.unknown_attribute != 0) {
    return {false, error.error_code(kStunUnknownAttribute, "Unknown Attribute")
                       .unknown_attribute(request.unknown_attribute)
                       .finish(local->pwd)};
  }
  // A lite side is always controlled and our client always controlling, so it is the peer who must
  // switch (section 7.3.1.1).
  if (we_are_controlling ? request.ice_controlling.has_value()
                         : request.ice_controlled.has_value()) {
    return {false, error.error_code(kStunRoleConflict, "Role Conflict").finish(local->pwd)};
  }
  return {true, StunBuilder(StunClass::kSuccess, request.transaction)
                    .xor_mapped_address(from)
                    .finish(local->pwd)};
}

}  // namespace shelcaster::rtc::detail
