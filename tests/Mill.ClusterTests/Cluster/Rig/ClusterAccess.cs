using System.Security.Cryptography.X509Certificates;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>What a client needs to know of a cluster.</summary>
/// <param name="Token">An operator's.</param>
internal sealed record ClusterAccess(X509Certificate2 Authority, string Token);
