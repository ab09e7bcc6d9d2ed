#include "rtc/ice/ice_types.hpp"

namespace shelcaster::rtc {

IceCredentials make_ice_credentials(base::Random& random) {
  return {.ufrag = random.token(8), .pwd = random.token(24)};
}

}  // namespace shelcaster::rtc
