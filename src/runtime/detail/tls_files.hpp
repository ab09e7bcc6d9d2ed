#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace shelcaster::runtime::detail {

/// TLS 1.2 at least, forward secrecy and authenticated encryption only. The error says which file
/// is wrong and how.
base::Result<std::shared_ptr<boost::asio::ssl::context>> load_tls(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

/// Differs when either file was written or replaced.
[[nodiscard]] std::string stamp_of(const std::filesystem::path& certificate,
                                   const std::filesystem::path& key);

}  // namespace shelcaster::runtime::detail
