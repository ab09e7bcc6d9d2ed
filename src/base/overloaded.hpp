#pragma once

namespace shelcaster::base {

/// One visitor of a std::variant made of a lambda for each of its types.
template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
// clang 14 can't deduce the arguments of an aggregate without it.
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace shelcaster::base
