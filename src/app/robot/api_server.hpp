#pragma once

#include <string>

namespace shelcaster::app {

/// Where a control plane is, and by what it is known.
struct ApiServer {
  std::string url = "http://127.0.0.1:8080";  // has no path
  /// PEM file with the certificate of an https server: that, or one that it has signed, is what is
  /// believed, whatever name stands in it, since the machine itself is asked by 127.0.0.1. Empty:
  /// it is known by its name and an authority of the system.
  std::string certificate;
};

}  // namespace shelcaster::app
