#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/fuzz_world_for_tests.hpp"
#include "link/messages.hpp"

namespace {

/// What is understood is understood again when it is passed on.
template <typename Direction>
void read_in(const boost::json::object& message) {
  using namespace shelcaster;
  const auto parsed = link::parse<Direction>(message);
  if (!parsed || !*parsed) return;
  const auto again = link::parse<Direction>(link::to_json(**parsed));
  if (!again || !*again || link::to_json(**again) != link::to_json(**parsed)) std::abort();
}

}  // namespace

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
  read_in<link::ServeToKeeper>(message);
  read_in<link::KeeperToMix>(message);
  read_in<link::KeeperToPublish>(message);
  read_in<link::MixToKeeper>(message);
  read_in<link::PublishToKeeper>(message);
  read_in<link::KeeperToServe>(message);
  world.from_keeper(show, message);
  world.pass(std::chrono::milliseconds(250));
  (void)world.call("GET", "/shows/" + show + "/status");
  return 0;
}
