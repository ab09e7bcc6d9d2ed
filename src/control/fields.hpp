#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/problem.hpp"

namespace shelcaster::control {

enum class Need { kRequired, kOptional };

/// Reads a JSON request body strictly, and collects everything that is wrong with it: each reading
/// notes type and range errors with their JSON pointer, and finish() throws them all at once, with
/// a line for every field that nobody asked for.
class Fields {
 public:
  explicit Fields(const boost::json::object& body);

  /// Text of `min`..`max` characters that may be a name (see names.hpp).
  std::optional<std::string> text(std::string_view name, std::size_t min, std::size_t max,
                                  Need need = Need::kOptional);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max,
                                      Need need = Need::kOptional);
  std::optional<double> number(std::string_view name, double min, double max);
  std::optional<bool> boolean(std::string_view name, Need need = Need::kOptional);
  /// A list of distinct texts.
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t count_max,
                                                Need need = Need::kOptional);
  std::optional<std::string> one_of(std::string_view name,
                                    std::initializer_list<std::string_view> allowed, Need need);
  /// A nested object, whose errors land here with their whole pointer.
  std::optional<Fields> object(std::string_view name);
  /// A field that may be there and isn't read: what a GET gave out and a PUT gives back.
  void ignore(std::string_view name) { known_.insert(std::string(name)); }
  /// JSON null. The field then counts as read.
  bool is_null(std::string_view name);

  void wrong(std::string_view name, std::string detail);
  /// Also notes the unknown fields of this object; for nested ones call it on them first.
  void note_unknown();
  void finish();

 private:
  Fields(const boost::json::object& body, std::string prefix, std::vector<FieldError>* errors);
  const boost::json::value* find(std::string_view name, Need need);

  const boost::json::object& body_;
  std::string prefix_;
  std::vector<FieldError> own_errors_;
  std::vector<FieldError>* outer_errors_ = nullptr;
  std::set<std::string> known_;
};

}  // namespace shelcaster::control
