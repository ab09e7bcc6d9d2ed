#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shelcaster::link::detail {

namespace json = boost::json;

/// Takes fields out of a message and remembers the first that is missing or malformed.
class Reader {
 public:
  explicit Reader(const json::object& in) : in_(in) {}

  /// A missing or null optional text is empty.
  std::string text(std::string_view name, bool is_required = true) {
    const json::value* found = in_.if_contains(name);
    if (found != nullptr && found->is_string()) return std::string(found->get_string());
    if (is_required || (found != nullptr && !found->is_null())) bad(name);
    return {};
  }
  bool boolean(std::string_view name, std::optional<bool> otherwise = {}) {
    const json::value* found = in_.if_contains(name);
    if (found != nullptr && found->is_bool()) return found->get_bool();
    if (found != nullptr || !otherwise) bad(name);
    return otherwise.value_or(false);
  }
  std::int64_t integer(std::string_view name, std::optional<std::int64_t> otherwise = {}) {
    const auto found = optional_integer(name);
    if (!found && !otherwise) bad(name);
    return found.value_or(otherwise.value_or(0));
  }
  std::optional<std::int64_t> optional_integer(std::string_view name) {
    const json::value* found = in_.if_contains(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    boost::system::error_code error;
    const auto value = found->to_number<std::int64_t>(error);
    if (error) bad(name);
    return value;
  }
  int percent(std::string_view name) {
    const std::int64_t value = integer(name);
    if (value < 0 || value > 100) bad(name);
    return static_cast<int>(value);
  }
  double number(std::string_view name, std::optional<double> otherwise = {}) {
    const json::value* found = in_.if_contains(name);
    boost::system::error_code error;
    if (found == nullptr) {
      if (!otherwise) bad(name);
      return otherwise.value_or(0);
    }
    const auto value = found->to_number<double>(error);
    if (error) bad(name);
    return value;
  }
  const json::object& object(std::string_view name) {
    static const json::object kNone;
    const json::value* found = in_.if_contains(name);
    if (found != nullptr && found->is_object()) return found->get_object();
    bad(name);
    return kNone;
  }
  const json::array& array(std::string_view name) {
    static const json::array kNone;
    const json::value* found = in_.if_contains(name);
    if (found != nullptr && found->is_array()) return found->get_array();
    bad(name);
    return kNone;
  }
  void bad(std::string_view name) {
    if (bad_.empty()) bad_ = name;
  }
  [[nodiscard]] const std::string& first_bad() const { return bad_; }

 private:
  const json::object& in_;
  std::string bad_;
};

}  // namespace shelcaster::link::detail
