#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/routes.hpp"
#include "control/test_world.hpp"

// The first byte picks a route, the rest is its body. Whatever the body: an answer below 500 (or
// none yet, where the stage is asked), with a JSON body where there is one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  using namespace shelcaster::control;
  if (size < 2) return 0;
  static TestWorld* world = nullptr;
  static std::string show;
  static int uses = 0;
  if (world == nullptr || ++uses == 500) {
    delete world;
    uses = 0;
    world = new TestWorld;
    show = world->make_live_show();
  }
  const Route& route = routes()[data[0] % routes().size()];
  std::string path(route.pattern);
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{')) {
    const std::size_t end = path.find('}', at);
    const bool is_show = path.compare(at, end - at + 1, "{showId}") == 0;
    path.replace(at, end - at + 1, is_show ? show : "x");
  }
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t query_size = data[1] % 32U;
  Request request = TestWorld::request(std::string(route.method), path, std::string(rest));
  request.query = std::string(rest.substr(0, query_size));
  if (route.body == BodyKind::kSdp) request.headers.back().second = "application/sdp";
  (void)world->api->body_policy(request);
  const Response response = world->send(request);
  if (response.status >= 500 && response.status != 503) std::abort();
  const bool is_text = route.pattern == "/metrics";
  if (!response.body.empty() && !is_text) {
    boost::system::error_code error;
    (void)boost::json::parse(response.body, error);
    if (error) std::abort();
  }
  return 0;
}
