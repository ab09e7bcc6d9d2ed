#include "control/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "control/names.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kErrorsMax = 100;

std::string escaped(std::string_view name) {
  std::string pointer = "/";
  for (const char c : name.substr(0, 100)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  // A name that was cut inside a character isn't UTF-8 any more.
  while (name.size() > 100 && !pointer.empty() &&
         (static_cast<unsigned char>(pointer.back()) & 0x80U) != 0) {
    pointer.pop_back();
  }
  return pointer;
}

/// Code points; the JSON parser has checked that it is UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

Fields::Fields(const json::object& body) : body_(body) {}
Fields::Fields(const json::object& body, std::string prefix, std::vector<FieldError>* errors)
    : body_(body), prefix_(std::move(prefix)), outer_errors_(errors) {}

void Fields::wrong(std::string_view name, std::string detail) {
  std::vector<FieldError>& errors = outer_errors_ != nullptr ? *outer_errors_ : own_errors_;
  if (errors.size() < kErrorsMax) errors.push_back({prefix_ + escaped(name), std::move(detail)});
}

const json::value* Fields::find(std::string_view name, Need need) {
  known_.insert(std::string(name));
  const json::value* found = body_.if_contains(name);
  if (found == nullptr && need == Need::kRequired) wrong(name, "is required");
  return found;
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t min, std::size_t max,
                                        Need need) {
  const json::value* found = find(name, need);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    wrong(name, "must be a string");
    return std::nullopt;
  }
  std::string text(found->get_string());
  const std::size_t length = length_of(text);
  if (length < min || length > max) {
    wrong(name, fmt::format("must have {} to {} characters (has {})", min, max, length));
    return std::nullopt;
  }
  if (const auto problem = problem_of_name(text); problem && !(min == 0 && text.empty())) {
    wrong(name, std::string(*problem));
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, std::int64_t min,
                                            std::int64_t max, Need need) {
  const json::value* found = find(name, need);
  if (found == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto value = found->to_number<std::int64_t>(error);
  if (!found->is_number() || error) {
    wrong(name, "must be a whole number");
    return std::nullopt;
  }
  if (value < min || value > max) {
    wrong(name, fmt::format("must be {} to {} (is {})", min, max, value));
    return std::nullopt;
  }
  return value;
}

std::optional<double> Fields::number(std::string_view name, double min, double max) {
  const json::value* found = find(name, Need::kOptional);
  if (found == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto value = found->to_number<double>(error);
  if (!found->is_number() || error || !std::isfinite(value)) {
    wrong(name, "must be a number");
    return std::nullopt;
  }
  if (value < min || value > max) {
    wrong(name, fmt::format("must be {} to {} (is {})", min, max, value));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> Fields::boolean(std::string_view name, Need need) {
  const json::value* found = find(name, need);
  if (found == nullptr) return std::nullopt;
  if (!found->is_bool()) {
    wrong(name, "must be true or false");
    return std::nullopt;
  }
  return found->get_bool();
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name, std::size_t count_max,
                                                      Need need) {
  const json::value* found = find(name, need);
  if (found == nullptr) return std::nullopt;
  if (!found->is_array()) {
    wrong(name, "must be a list");
    return std::nullopt;
  }
  const json::array& list = found->get_array();
  if (list.size() > count_max) {
    wrong(name, fmt::format("must have at most {} entries (has {})", count_max, list.size()));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const json::value& entry : list) {
    if (!entry.is_string() || entry.get_string().empty() || entry.get_string().size() > 200) {
      wrong(name, "must be a list of ids");
      return std::nullopt;
    }
    texts.emplace_back(entry.get_string());
  }
  return texts;
}

std::optional<std::string> Fields::one_of(std::string_view name,
                                          std::initializer_list<std::string_view> allowed,
                                          Need need) {
  const json::value* found = find(name, need);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) {
    const std::string_view text = found->get_string();
    if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return std::string(text);
  }
  std::string names;
  for (const std::string_view one : allowed)
    names += (names.empty() ? "" : ", ") + std::string(one);
  wrong(name, "must be one of " + names);
  return std::nullopt;
}

std::optional<Fields> Fields::object(std::string_view name) {
  const json::value* found = find(name, Need::kOptional);
  if (found == nullptr) return std::nullopt;
  if (!found->is_object()) {
    wrong(name, "must be an object");
    return std::nullopt;
  }
  return Fields(found->get_object(), prefix_ + escaped(name),
                outer_errors_ != nullptr ? outer_errors_ : &own_errors_);
}

bool Fields::is_null(std::string_view name) {
  const json::value* found = body_.if_contains(name);
  if (found == nullptr || !found->is_null()) return false;
  known_.insert(std::string(name));
  return true;
}

void Fields::note_unknown() {
  for (const auto& field : body_) {
    if (!known_.contains(std::string(field.key())))
      wrong(field.key(), "is not a field of this request");
  }
}

void Fields::finish() {
  note_unknown();
  if (!own_errors_.empty()) refuse_fields(std::move(own_errors_));
}

}  // namespace shelcaster::control
