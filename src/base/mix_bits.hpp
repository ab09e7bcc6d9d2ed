#pragma once

#include <cstdint>

namespace shelcaster::base {

/// A bijection in which each bit of the input changes half of the output's: the finaliser of
/// splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). To spread
/// keys over a table, with a secret mixed in where somebody might aim at a place.
constexpr std::uint64_t mix_bits(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace shelcaster::base
