#include "runtime/detail/tls_files.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

namespace shelcaster::runtime::detail {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

base::Result<std::shared_ptr<ssl::context>> load_tls(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* context = tls->native_handle();
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Of TLS 1.2: no key of the certificate that opens recorded traffic later, and no CBC. TLS 1.3
  // has neither.
  ::SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  error_code failed;
  tls->use_certificate_chain_file(certificate.string(), failed);
  if (failed) {
    return base::fail(
        fmt::format("{}: no usable certificate: {}", certificate.string(), failed.message()));
  }
  tls->use_private_key_file(key.string(), ssl::context::pem, failed);
  if (failed) {
    return base::fail(fmt::format("{}: no usable key for it: {}", key.string(), failed.message()));
  }
  return tls;
}

std::string stamp_of(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  std::string stamp;
  for (const auto& path : {certificate, key}) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) status = {};
    stamp += fmt::format("{} {} {} {}.{};", status.st_dev, status.st_ino, status.st_size,
                         status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return stamp;
}

}  // namespace shelcaster::runtime::detail
