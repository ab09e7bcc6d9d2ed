#include "rtc/ice/ice_types.hpp"

namespace shelcaster::rtc {

IceCredentials make_ice_credentials(base::Random& random) {
  IceCredentials made{.ufrag = random.token(8), .pwd = {}};
  std::string password = random.token(24);
  made.pwd = base::secret(password);
  base::cleanse(password);
  return made;
}

}  // namespace shelcaster::rtc
