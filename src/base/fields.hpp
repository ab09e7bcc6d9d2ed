#pragma once

#include <concepts>
#include <type_traits>

// What the fields of a thing are is said once, in a function fields(archive, thing) beside the
// thing. It calls archive("name", member) for each, with the limits of a number behind it, or
// archive.since_later("name", member) for one that older programs don't write. Whatever is done
// with all fields is an archive: it writes them, reads them, or takes what a request has of them.
// One that only writes is handed a constant thing.
namespace shelcaster::base {

/// `T` is that thing, constant or not.
template <typename T, typename Thing>
concept Of = std::same_as<std::remove_const_t<T>, Thing>;

/// The limits of a number, both of them allowed.
template <typename Number>
struct Within {
  Number least;
  Number most;
  [[nodiscard]] constexpr bool holds(Number value) const { return value >= least && value <= most; }
};
template <typename Number>
Within(Number, Number) -> Within<Number>;

}  // namespace shelcaster::base
