#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace shelcaster::base {

/// A source of random bytes, injected so that a simulation is the same twice. In production it is
/// the operating system's (runtime::SystemRandom): ids, keys and ICE passwords come from here.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint32_t u32();
  std::uint64_t u64();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  /// `length` characters of [A-Za-z0-9], 5.95 bits each (RFC 8445 ice-char without + and /).
  std::string token(std::size_t length);
};

/// xoshiro256** seeded by splitmix64: fast, repeatable, no secrets. For tests and simulations.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  void fill(std::span<std::byte> out) override;

 private:
  std::uint64_t next();
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace shelcaster::base
