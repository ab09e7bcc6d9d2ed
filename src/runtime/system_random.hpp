#pragma once

#include "base/random.hpp"

namespace shelcaster::runtime {

/// The kernel's random bytes (getrandom). Good for keys. Any thread.
class SystemRandom final : public base::Random {
 public:
  void fill(std::span<std::byte> out) override;
};

}  // namespace shelcaster::runtime
