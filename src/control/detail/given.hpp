#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/fields.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

/// The archive that puts what a request has of a thing's fields into it (see base/fields.hpp). The
/// others stay as they are; what is malformed or beyond its limits is noted for Fields::finish().
class Given {
 public:
  explicit Given(Fields& request) : request_(request) {}

  void operator()(std::string_view name, int& value, base::Within<int> limits) {
    if (const auto given = request_.integer(name, limits.least, limits.most)) {
      given_[name] = value = static_cast<int>(*given);
    }
  }
  void operator()(std::string_view name, double& value, base::Within<double> limits) {
    if (const auto given = request_.number(name, limits.least, limits.most)) {
      given_[name] = value = *given;
    }
  }
  void operator()(std::string_view name, bool& value) {
    if (const auto given = request_.boolean(name)) given_[name] = value = *given;
  }
  /// A thing within the thing; of it, too, a request may have a part only.
  template <typename Part>
  requires std::is_class_v<Part>
  void operator()(std::string_view name, Part& value) {
    auto part = request_.object(name);
    if (!part) return;
    Given given(*part);
    fields(given, value);
    part->note_unknown();
    given_[name] = given.take();
  }
  template <typename T, typename... Limits>
  void since_later(std::string_view name, T& value, const T& /*otherwise*/, Limits... limits) {
    (*this)(name, value, limits...);
  }

  [[nodiscard]] bool has(std::string_view name) const { return given_.contains(name); }
  /// What the request had, as it has been taken.
  boost::json::object take() { return std::move(given_); }

 private:
  Fields& request_;
  boost::json::object given_;
};

}  // namespace shelcaster::control::detail
