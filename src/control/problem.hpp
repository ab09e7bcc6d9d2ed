#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/api.hpp"

namespace shelcaster::control {

/// One wrong place in a request body, as a JSON pointer (RFC 6901).
struct FieldError {
  std::string pointer;
  std::string detail;
};

/// A problem document (RFC 9457).
struct Problem {
  int status = 500;
  std::string detail;
  std::vector<FieldError> errors = {};
  boost::json::object more = {};  // further members, as "allowed" of an illegal transition
  Headers headers = {};
};

/// What a handler throws to refuse. Its commit is the last thing a handler does, so nothing has
/// been written when one is thrown, but for the first steps of work that is more than one write
/// holds; the dispatcher turns it into the response. It never leaves the Api.
struct Refusal {
  Problem problem;
};

[[noreturn]] void refuse(int status, std::string detail);
[[noreturn]] void refuse_fields(std::vector<FieldError> errors);

Response to_response(const Problem&);
Response json_response(int status, const boost::json::value& body);
/// RFC 9110's and its companions' words; empty for a status that nothing here answers with.
std::string_view title_of_status(int status);

/// The first header of that name, in any case; empty when there is none.
std::string_view header_of(const Headers&, std::string_view name);

}  // namespace shelcaster::control
