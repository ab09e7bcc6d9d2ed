#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/json_reader.hpp"
#include "base/fields.hpp"

namespace shelcaster::link::detail {

namespace json = boost::json;

/// What has been found out about a message while it was read.
struct Findings {
  std::string bad;  // the first field that is missing or malformed
  std::vector<std::string> unknown;
};

/// Takes fields out of a message or a part of it. What nobody has asked for by its end is unknown.
class Reader {
 public:
  /// `path`: of the part in its message, as "routing.".
  Reader(const json::object& in, Findings& findings, std::string path = {})
      : in_(in), findings_(findings), path_(std::move(path)) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    if (is_rest_taken_) return;
    for (const auto& field : in_) {
      if (!is_asked(field.key())) findings_.unknown.push_back(path_ + std::string(field.key()));
    }
  }

  [[nodiscard]] bool is_empty() const { return in_.empty(); }
  [[nodiscard]] bool has(std::string_view name) const { return in_.contains(name); }

  std::string text(std::string_view name) {
    auto found = optional_text(name);
    if (!found) bad(name);
    return std::move(found).value_or(std::string());
  }
  /// A missing or null one is empty.
  std::string text_if_any(std::string_view name) {
    return optional_text(name).value_or(std::string());
  }
  std::optional<std::string> optional_text(std::string_view name) {
    const json::value* found = find(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    if (found->is_string()) return std::string(found->get_string());
    bad(name);
    return std::nullopt;
  }
  bool boolean(std::string_view name, std::optional<bool> otherwise = {}) {
    const auto found = optional_boolean(name);
    if (!found && !otherwise) bad(name);
    return found.value_or(otherwise.value_or(false));
  }
  std::optional<bool> optional_boolean(std::string_view name) {
    const json::value* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (found->is_bool()) return found->get_bool();
    bad(name);
    return std::nullopt;
  }
  std::int64_t integer(std::string_view name, std::optional<std::int64_t> otherwise = {}) {
    const auto found = optional_integer(name);
    if (!found && !otherwise) bad(name);
    return found.value_or(otherwise.value_or(0));
  }
  std::optional<std::int64_t> optional_integer(std::string_view name) {
    const json::value* found = find(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    boost::system::error_code error;
    const auto value = found->to_number<std::int64_t>(error);
    if (!error) return value;
    bad(name);
    return std::nullopt;
  }
  int integer_within(std::string_view name, int least, int most,
                     std::optional<std::int64_t> otherwise = {}) {
    const std::int64_t value = integer(name, otherwise);
    if (value >= least && value <= most) return static_cast<int>(value);
    bad(name);
    return least;
  }
  double number(std::string_view name, std::optional<double> otherwise = {}) {
    const json::value* found = find(name);
    if (found == nullptr && otherwise) return *otherwise;
    boost::system::error_code error;
    const double value = found != nullptr ? found->to_number<double>(error) : 0;
    if (found == nullptr || error) bad(name);
    return error ? 0 : value;
  }

  // As an archive (base/fields.hpp) it takes all fields of a thing.
  template <typename T>
  void operator()(std::string_view name, T& value) {
    if constexpr (requires(Reader & in) { fields(in, value); }) {
      part(name, [&value](Reader& in) { fields(in, value); });
    } else {
      const json::value* found = find(name);
      if (found == nullptr || !archive::JsonReader::read(*found, value)) bad(name);
    }
  }
  template <typename T>
  void operator()(std::string_view name, T& value, base::Within<T> limits) {
    (*this)(name, value);
    if (!limits.holds(value)) bad(name);
  }
  template <typename T, typename... Limits>
  void since_later(std::string_view name, T& value, const T& otherwise, Limits... limits) {
    value = otherwise;
    if (has(name)) (*this)(name, value, limits...);
  }

  /// `read`: a function of the part's Reader.
  template <typename Read>
  void part(std::string_view name, Read read) {
    const json::value* found = find(name);
    if (found == nullptr || !found->is_object()) return bad(name);
    Reader reader(found->get_object(), findings_, path_ + std::string(name) + ".");
    read(reader);
  }
  /// A missing or null part is left out.
  template <typename Read>
  void part_if_any(std::string_view name, Read read) {
    const json::value* found = find(name);
    if (found != nullptr && !found->is_null()) part(name, std::move(read));
  }
  /// Of an array of objects.
  template <typename Read>
  void each(std::string_view name, Read read) {
    const json::value* found = find(name);
    if (found == nullptr || !found->is_array()) return bad(name);
    for (const json::value& value : found->get_array()) {
      if (!value.is_object()) return bad(std::string(name) + "[]");
      Reader reader(value.get_object(), findings_, path_ + std::string(name) + "[].");
      read(reader);
    }
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> texts;
    const json::value* found = find(name);
    if (found == nullptr || !found->is_array()) {
      bad(name);
      return texts;
    }
    for (const json::value& value : found->get_array()) {
      if (value.is_string()) {
        texts.emplace_back(value.get_string());
      } else {
        bad(name);
      }
    }
    return texts;
  }
  /// Everything that nobody has asked for yet, as it is.
  json::object rest() {
    json::object rest;
    for (const auto& field : in_) {
      if (!is_asked(field.key())) rest[field.key()] = field.value();
    }
    is_rest_taken_ = true;
    return rest;
  }
  /// Takes the field for known.
  void pass(std::string_view name) { (void)find(name); }
  void bad(std::string_view name) {
    if (findings_.bad.empty()) findings_.bad = path_ + std::string(name);
  }

 private:
  const json::value* find(std::string_view name) {
    const auto found = in_.find(name);
    if (found == in_.end()) return nullptr;
    asked_.push_back(found->key());
    return &found->value();
  }
  [[nodiscard]] bool is_asked(std::string_view name) const {
    return std::find(asked_.begin(), asked_.end(), name) != asked_.end();
  }

  const json::object& in_;
  Findings& findings_;
  const std::string path_;
  std::vector<std::string_view> asked_;  // those that a message has, which are few
  bool is_rest_taken_ = false;
};

}  // namespace shelcaster::link::detail
