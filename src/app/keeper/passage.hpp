#pragma once

#include <boost/json/object.hpp>

#include "link/messages.hpp"

namespace shelcaster::app {

/// Where a Passage hands its frames on.
class PassagePorts {
 public:
  virtual ~PassagePorts() = default;
  /// False: no mixer runs that could take it.
  virtual bool pass_to_mix(const boost::json::object& frame) = 0;
  /// Behind all else that goes to the mixer. False as well when too many wait.
  virtual bool pass_to_mix_behind(const boost::json::object& frame) = 0;
  /// While serve is away the frame is left out.
  virtual void pass_to_serve(const boost::json::object& frame) = 0;
  /// Also while serve reads too slowly.
  virtual void pass_to_serve_if_idle(const boost::json::object& frame) = 0;
  virtual void refuse(const link::Refuse& refusal) = 0;
};

/// What serve and the mixer say to each other past the keeper: it goes on as the frame that it came
/// as, neither read nor written anew. Sans-IO, one owner.
class Passage {
 public:
  explicit Passage(PassagePorts& ports) : ports_(ports) {}

  /// False: it is the keeper's own to read.
  [[nodiscard]] bool take_from_serve(const boost::json::object& frame);
  [[nodiscard]] bool take_from_mix(const boost::json::object& frame);

 private:
  PassagePorts& ports_;
};

}  // namespace shelcaster::app
