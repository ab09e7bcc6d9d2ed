#include "runtime/http_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace shelcaster::runtime {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

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

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
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
