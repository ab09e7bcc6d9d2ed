#pragma once

#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/transport.hpp"
#include "rtc/sdp/make_answer.hpp"

namespace shelcaster::rtc {

/// Our side of a new session, for an offer or an answer of ours: all that is random in it is drawn
/// here.
LocalDescription make_local_description(const DtlsCertificate& certificate,
                                        std::vector<net::Endpoint> host_candidates, bool send,
                                        bool receive, base::Random& random);

/// What offer and answer have come to.
struct Agreement {
  TransportConfig transport;
  MediaConfig media;  // but for the keys, which Connected brings
};

/// We have offered `local` and got this answer. Fails when it can't be used, saying why.
base::Result<Agreement> agree_on_answer(std::string_view answer_sdp, const LocalDescription& local,
                                        const DtlsCertificate& certificate, base::Random& random);

/// They have offered, and got `made` for an answer of `local`'s side.
Agreement agree_on_offer(const Offer& offer, const MadeAnswer& made, const LocalDescription& local,
                         const DtlsCertificate& certificate, base::Random& random);

}  // namespace shelcaster::rtc
