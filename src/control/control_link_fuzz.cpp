#include <cstddef>
#include <cstdint>
#include <string_view>

#include "control/fuzz_world_for_tests.hpp"
#include "link/messages.hpp"

// A keeper that says anything at all must not bring the control plane down.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  using namespace shelcaster::control;
  FuzzWorld& fuzzed = FuzzWorld::current();
  TestWorld& world = fuzzed.world;
  const std::string& show = fuzzed.show;
  boost::json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  const auto value = boost::json::parse(std::string_view(reinterpret_cast<const char*>(data), size),
                                        error, {}, options);
  if (error || !value.is_object()) return 0;
  const boost::json::object& message = value.get_object();
  (void)link::parse_desired(message);
  (void)link::parse_command(message);
  (void)link::parse_offer(message);
  world.from_keeper(show, message);
  world.pass(std::chrono::milliseconds(250));
  (void)world.call("GET", "/shows/" + show + "/status");
  return 0;
}
