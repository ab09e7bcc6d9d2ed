#pragma once

#include <string.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Where keys and passwords are kept: whatever memory they were in is overwritten before it is given
// back, when they end, move to a larger place, or are assigned something else.
namespace shelcaster::base {

inline void cleanse(void* memory, std::size_t bytes) noexcept { explicit_bzero(memory, bytes); }
inline void cleanse(std::string& text) noexcept {
  cleanse(text.data(), text.size());
  text.clear();
}

template <typename T>
struct CleansingAllocator {
  using value_type = T;
  CleansingAllocator() = default;
  template <typename U>
  explicit CleansingAllocator(const CleansingAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    cleanse(memory, count * sizeof(T));
    std::allocator<T>{}.deallocate(memory, count);
  }
  friend bool operator==(const CleansingAllocator&, const CleansingAllocator&) { return true; }
};

using SecretBytes = std::vector<std::byte, CleansingAllocator<std::byte>>;
/// For more than the 15 characters that a string holds in itself: those are not overwritten.
using SecretString = std::basic_string<char, std::char_traits<char>, CleansingAllocator<char>>;

inline SecretString secret(std::string_view text) { return SecretString(text); }

}  // namespace shelcaster::base
