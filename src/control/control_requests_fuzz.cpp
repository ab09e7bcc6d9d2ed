#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/fuzz_world_for_tests.hpp"

// The first byte picks a route, the rest is its body. Whatever the body: an answer below 500 (or
// none yet, where the stage is asked), with a JSON body where there is one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  using namespace shelcaster::control;
  if (size < 2) return 0;
  FuzzWorld& fuzzed = FuzzWorld::current();
  TestWorld& world = fuzzed.world;
  const Route& route = routes()[data[0] % routes().size()];
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t query_size = data[1] % 32U;
  Request request =
      TestWorld::request(std::string(route.method), fuzzed.path_of(route), std::string(rest));
  request.query = std::string(rest.substr(0, query_size));
  if (route.body == BodyKind::kSdp) request.headers.back().second = "application/sdp";
  (void)world.api->body_policy(request);
  const Response response = world.send(request);
  if (response.status >= 500 && response.status != 503) std::abort();
  const bool is_text = route.pattern == "/metrics";
  if (!response.body.empty() && !is_text) {
    boost::system::error_code error;
    (void)boost::json::parse(response.body, error);
    if (error) std::abort();
  }
  return 0;
}
