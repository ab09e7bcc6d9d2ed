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

/// The archive that puts a thing's fields into a JSON object (see base/fields.hpp). A field may be
/// a list, and a thing that has fields itself. An enumerator is written as its to_string().
class JsonWriter {
 public:
  /// `beside`: what the object has already.
  explicit JsonWriter(boost::json::object beside = {}) : out_(std::move(beside)) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    out_[name] = as_json(value);
  }
  template <typename T>
  void operator()(std::string_view name, const T& value, base::Within<T> /*limits*/) {
    (*this)(name, value);
  }
  template <typename T>
  void since_later(std::string_view name, const T& value) {
    (*this)(name, value);
  }
  template <typename T, typename... Limits>
  void since_later(std::string_view name, const T& value, const T& /*otherwise*/,
                   Limits... /*limits*/) {
    (*this)(name, value);
  }
  boost::json::object take() { return std::move(out_); }

 private:
  static boost::json::value as_json(const std::string& v) { return boost::json::value(v); }
  static boost::json::value as_json(bool v) { return v; }
  static boost::json::value as_json(int v) { return v; }
  static boost::json::value as_json(std::int64_t v) { return v; }
  static boost::json::value as_json(double v) { return v; }
  static boost::json::value as_json(base::WallTime v) { return v.unix_ms(); }
  template <typename Tag>
  static boost::json::value as_json(const base::StrongId<Tag>& v) {
    return boost::json::value(v.str());
  }
  template <typename T>
  static boost::json::value as_json(const std::optional<T>& v) {
    return v ? as_json(*v) : boost::json::value(nullptr);
  }
  template <typename T>
  static boost::json::value as_json(const std::vector<T>& v) {
    boost::json::array array;
    for (const T& one : v) array.push_back(as_json(one));
    return array;
  }
  template <typename T>
  requires std::is_enum_v<T>
  static boost::json::value as_json(T v) { return boost::json::value(to_string(v)); }
  template <typename Thing>
  requires std::is_class_v<Thing>
  static boost::json::value as_json(const Thing& v) {
    JsonWriter writer;
    fields(writer, v);
    return writer.take();
  }

  boost::json::object out_;
};

/// All fields of a thing, behind what is there.
template <typename Thing>
boost::json::object to_json_object(const Thing& thing, boost::json::object beside = {}) {
  JsonWriter writer(std::move(beside));
  fields(writer, thing);
  return writer.take();
}

}  // namespace shelcaster::archive
