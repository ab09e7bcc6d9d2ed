#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/detail/request_head.hpp"

using shelcaster::runtime::detail::RequestHead;

// However the bytes come, the head ends at the same place, and what is taken has no byte that ends
// a line for some readers only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  RequestHead whole;
  const auto state = whole.feed(text);
  RequestHead parts;
  auto last = RequestHead::State::kMore;
  for (std::size_t i = 0; i < size && last == RequestHead::State::kMore; ++i) {
    last = parts.feed(text.substr(i, 1));
  }
  if (last != state || parts.bytes() != whole.bytes() || parts.fault() != whole.fault())
    std::abort();
  if (state != RequestHead::State::kDone) return 0;
  const std::string_view head = text.substr(0, whole.bytes());
  if (!head.ends_with("\r\n\r\n") || head.find('\0') != head.npos) std::abort();
  for (std::size_t i = head.find('\n'); i != head.npos; i = head.find('\n', i + 1)) {
    if (head[i - 1] != '\r') std::abort();
  }
  return 0;
}
