#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "app/robot/api_server.hpp"
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
  /// `token` may be empty.
  ApiClient(ApiServer server, std::string token);
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
  const ApiServer server_;
  std::string token_;
  std::unique_ptr<Curl> curl_;
};

}  // namespace shelcaster::app
