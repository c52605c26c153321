using Microsoft.AspNetCore.Http.Metadata;

namespace Mill.Server.Http;

/// <summary>A smaller limit than usual, for a path that takes bodies from anybody. The web server heeds it.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
