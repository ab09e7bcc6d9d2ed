#include "control/problem.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace shelcaster::control {

namespace json = boost::json;

void refuse(int status, std::string detail) { throw Refusal{{status, std::move(detail)}}; }

void refuse_fields(std::vector<FieldError> errors) {
  throw Refusal{{422, "the request has invalid fields", std::move(errors)}};
}

std::string_view title_of_status(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

Response to_response(const Problem& problem) {
  json::object body{{"type", "about:blank"},
                    {"title", title_of_status(problem.status)},
                    {"status", problem.status},
                    {"detail", problem.detail}};
  if (!problem.errors.empty()) {
    json::array errors;
    for (const FieldError& error : problem.errors) {
      errors.push_back({{"pointer", error.pointer}, {"detail", error.detail}});
    }
    body["errors"] = std::move(errors);
  }
  for (const auto& member : problem.more) body[member.key()] = member.value();
  Response response{problem.status, problem.headers, json::serialize(body)};
  response.headers.emplace_back("Content-Type", "application/problem+json");
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Response json_response(int status, const json::value& body) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          json::serialize(body)};
}

std::string_view header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), [](char a, char b) {
          return std::tolower(static_cast<unsigned char>(a)) ==
                 std::tolower(static_cast<unsigned char>(b));
        })) {
      return value;
    }
  }
  return {};
}

}  // namespace shelcaster::control
