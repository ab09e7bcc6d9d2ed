#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fields.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"

namespace shelcaster::archive {

/// The archive that takes a thing's fields out of a JSON object (see base/fields.hpp). What isn't a
/// field of the thing is left alone. An enumerator is read by parse(text, enumerator&).
class JsonReader {
 public:
  explicit JsonReader(const boost::json::object& in) : in_(in) {}

  template <typename T>
  void operator()(std::string_view name, T& value) {
    const boost::json::value* found = in_.if_contains(name);
    if (found == nullptr || !read(*found, value)) note_bad(name);
  }
  template <typename T>
  void operator()(std::string_view name, T& value, base::Within<T> limits) {
    (*this)(name, value);
    if (!limits.holds(value)) note_bad(name);
  }
  /// A field that older programs didn't write: its value where it is missing.
  template <typename T>
  void since_later(std::string_view name, T& value) {
    since_later(name, value, T());
  }
  template <typename T, typename... Limits>
  void since_later(std::string_view name, T& value, const T& otherwise, Limits... limits) {
    value = otherwise;
    if (in_.contains(name)) (*this)(name, value, limits...);
  }
  /// The first field that is missing, malformed or beyond its limits; empty: none.
  [[nodiscard]] const std::string& bad() const { return bad_; }

  // One value, whatever it is the field of. False: it is something else.

  using Value = boost::json::value;

  static bool read(const Value& from, std::string& to) {
    if (!from.is_string()) return false;
    to = from.get_string();
    return true;
  }
  static bool read(const Value& from, bool& to) {
    if (!from.is_bool()) return false;
    to = from.get_bool();
    return true;
  }
  static bool read(const Value& from, std::int64_t& to) { return read_number(from, to); }
  static bool read(const Value& from, int& to) { return read_number(from, to); }
  static bool read(const Value& from, double& to) { return read_number(from, to); }
  template <typename Number>
  static bool read_number(const Value& from, Number& to) {
    boost::system::error_code error;
    to = from.to_number<Number>(error);
    return !error;
  }
  static bool read(const Value& from, base::WallTime& to) {
    std::int64_t ms = 0;
    if (!read(from, ms)) return false;
    to = base::WallTime::from_unix_ms(ms);
    return true;
  }
  template <typename Tag>
  static bool read(const Value& from, base::StrongId<Tag>& to) {
    std::string text;
    if (!read(from, text)) return false;
    to = base::StrongId<Tag>(std::move(text));
    return true;
  }
  template <typename T>
  static bool read(const Value& from, std::optional<T>& to) {
    if (from.is_null()) {
      to.reset();
      return true;
    }
    return read(from, to.emplace());
  }
  template <typename T>
  static bool read(const Value& from, std::vector<T>& to) {
    if (!from.is_array()) return false;
    to.clear();
    for (const Value& one : from.get_array()) {
      if (!read(one, to.emplace_back())) return false;
    }
    return true;
  }
  template <typename T>
  requires std::is_enum_v<T>
  static bool read(const Value& from, T& to) {
    return from.is_string() && parse(std::string_view(from.get_string()), to);
  }
  template <typename Thing>
  requires std::is_class_v<Thing>
  static bool read(const Value& from, Thing& to) {
    if (!from.is_object()) return false;
    JsonReader reader(from.get_object());
    fields(reader, to);
    return reader.bad().empty();
  }

 private:
  void note_bad(std::string_view name) {
    if (bad_.empty()) bad_ = name;
  }

  const boost::json::object& in_;
  std::string bad_;
};

}  // namespace shelcaster::archive
