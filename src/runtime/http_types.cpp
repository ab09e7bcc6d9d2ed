#include "runtime/http_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/percent.hpp"

namespace shelcaster::runtime {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](char a, char b) { return lower(a) == lower(b); })) {
      return value;
    }
  }
  return {};
}

bool is_host(std::string_view text) {
  constexpr std::size_t kBytesMax = 255;
  return !text.empty() && text.size() <= kBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(".-_:[]").find(c) != std::string_view::npos;
         });
}

std::optional<std::string> percent_decode(std::string_view text) {
  auto decoded = base::strictly_percent_decoded(text);
  if (decoded && decoded->find('\0') != std::string::npos) decoded.reset();
  return decoded;
}

std::string_view http_reason(int status) {
  struct Reason {
    int status;
    std::string_view text;
  };
  static constexpr std::array kReasons{Reason{200, "OK"},
                                       Reason{201, "Created"},
                                       Reason{202, "Accepted"},
                                       Reason{204, "No Content"},
                                       Reason{206, "Partial Content"},
                                       Reason{304, "Not Modified"},
                                       Reason{307, "Temporary Redirect"},
                                       Reason{400, "Bad Request"},
                                       Reason{401, "Unauthorized"},
                                       Reason{403, "Forbidden"},
                                       Reason{404, "Not Found"},
                                       Reason{405, "Method Not Allowed"},
                                       Reason{406, "Not Acceptable"},
                                       Reason{408, "Request Timeout"},
                                       Reason{409, "Conflict"},
                                       Reason{410, "Gone"},
                                       Reason{411, "Length Required"},
                                       Reason{412, "Precondition Failed"},
                                       Reason{413, "Content Too Large"},
                                       Reason{415, "Unsupported Media Type"},
                                       Reason{416, "Range Not Satisfiable"},
                                       Reason{422, "Unprocessable Content"},
                                       Reason{426, "Upgrade Required"},
                                       Reason{428, "Precondition Required"},
                                       Reason{429, "Too Many Requests"},
                                       Reason{431, "Request Header Fields Too Large"},
                                       Reason{500, "Internal Server Error"},
                                       Reason{501, "Not Implemented"},
                                       Reason{502, "Bad Gateway"},
                                       Reason{503, "Service Unavailable"},
                                       Reason{504, "Gateway Timeout"},
                                       Reason{507, "Insufficient Storage"}};
  const auto* found = std::find_if(kReasons.begin(), kReasons.end(),
                                   [&](const Reason& r) { return r.status == status; });
  return found != kReasons.end() ? found->text : "Status";
}

HttpResponse problem_response(int status, std::string_view detail) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "application/problem+json"},
                      {"Access-Control-Allow-Origin", "*"},
                      {"Cache-Control", "no-store"}};
  response.body = boost::json::serialize(boost::json::value{{"type", "about:blank"},
                                                            {"title", http_reason(status)},
                                                            {"status", status},
                                                            {"detail", detail}});
  return response;
}

}  // namespace shelcaster::runtime
