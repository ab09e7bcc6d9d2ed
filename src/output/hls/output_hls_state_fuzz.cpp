#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "output/hls/hls_state.hpp"

/// What is accepted must survive being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster::output;
  const auto state = parse_hls_state({reinterpret_cast<const char*>(data), size});
  if (!state) return 0;
  const std::string text = write_hls_state(*state);
  const auto again = parse_hls_state(text);
  if (!again || write_hls_state(*again) != text) std::abort();
  (void)write_hls_playlist(*state, 2);
  return 0;
}
