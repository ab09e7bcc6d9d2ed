#include "base/percent.hpp"

namespace shelcaster::base {
namespace {

/// Whether each % began an escape.
bool decode(std::string_view text, std::string& out) {
  bool is_well_formed = true;
  out.reserve(text.size());
  while (!text.empty()) {
    if (begins_with_escape(text)) {
      out += static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
      text.remove_prefix(3);
    } else {
      is_well_formed = is_well_formed && text.front() != '%';
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return is_well_formed;
}

}  // namespace

bool begins_with_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  (void)decode(text, out);
  return out;
}

std::optional<std::string> strictly_percent_decoded(std::string_view text) {
  std::string out;
  if (!decode(text, out)) return std::nullopt;
  return out;
}

}  // namespace shelcaster::base
