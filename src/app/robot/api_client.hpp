#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::app {

struct ApiReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// A client of the control plane's HTTP API: one connection, one request at a time, blocking.
class ApiClient {
 public:
  /// `server_url` has no path: "http://127.0.0.1:8080". `token` may be empty.
  ApiClient(std::string server_url, std::string token);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Fails only when no HTTP response came.
  base::Result<ApiReply> request(std::string_view method, std::string_view path,
                                 std::string_view content_type, std::string_view body);

  /// JSON both ways; a status other than 2xx is an error that quotes the problem's detail.
  base::Result<boost::json::value> call(std::string_view method, std::string_view path,
                                        const boost::json::object* body = nullptr);

 private:
  struct Curl;
  std::string server_url_;
  std::string token_;
  std::unique_ptr<Curl> curl_;
};

}  // namespace shelcaster::app
