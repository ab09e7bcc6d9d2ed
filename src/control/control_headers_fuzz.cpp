#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/fuzz_world_for_tests.hpp"

// The first byte picks a route, lines of the rest are values of the headers that handlers read
// (WHIP's If-Match, ETag and Content-Type, tokens, keys). Never a 500, and no header of an answer
// could break a head in two.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster::control;
  if (size < 2) return 0;
  FuzzWorld& fuzzed = FuzzWorld::current();
  TestWorld& world = fuzzed.world;
  const Route& route = routes()[data[0] % routes().size()];
  constexpr std::array kNames{"If-Match",        "ETag",           "Content-Type",
                              "Authorization",   "Content-Length", "Accept",
                              "Idempotency-Key", "Link",           "Origin"};
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  Request request = TestWorld::request(std::string(route.method), fuzzed.path_of(route), "{}");
  for (const char* name : kNames) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    // An HTTP server gives no control characters on; an empty line leaves the header as it is.
    std::string value(rest.substr(0, end));
    std::erase_if(value, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
    if (!value.empty()) request.headers.insert(request.headers.begin(), {name, std::move(value)});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  (void)world.api->body_policy(request);
  const Response response = world.send(request);
  if (response.status >= 500 && response.status != 503) std::abort();
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") != std::string::npos) std::abort();
  }
  return 0;
}
