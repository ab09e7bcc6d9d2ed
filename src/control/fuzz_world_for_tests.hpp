#pragma once

#include <memory>
#include <string>

#include "control/routes.hpp"
#include "control/test_world.hpp"

namespace shelcaster::control {

/// A control plane with a live show that lasts for many inputs, and is made anew now and then: what
/// one input leaves behind may matter to the next, but memory stays bounded.
struct FuzzWorld {
  TestWorld world;
  std::string show = world.make_live_show();

  static FuzzWorld& current() {
    constexpr int kUses = 500;
    static std::unique_ptr<FuzzWorld> made;
    static int uses = 0;
    if (made == nullptr || ++uses == kUses) {
      made.reset();
      made = std::make_unique<FuzzWorld>();
      uses = 0;
    }
    return *made;
  }

  /// A path of the route: {showId} is the show, every other parameter "x".
  [[nodiscard]] std::string path_of(const Route& route) const {
    std::string path(route.pattern);
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{')) {
      const std::size_t end = path.find('}', at);
      const bool is_show = path.compare(at, end - at + 1, "{showId}") == 0;
      path.replace(at, end - at + 1, is_show ? show : "x");
    }
    return path;
  }
};

}  // namespace shelcaster::control
