#include <cstdint>

#include "rtc/sdp/sdp_fragment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)shelcaster::rtc::parse_sdp_fragment({reinterpret_cast<const char*>(data), size});
  return 0;
}
