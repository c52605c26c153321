using System.Net;

namespace Mill.Commands;

/// <summary>What <c>mill dev</c> was asked for.</summary>
/// <param name="DataDirectory">Where the state is kept.</param>
/// <param name="Listen">A loopback address, unless plain HTTP to others was asked for in so many words.</param>
/// <param name="MasterKeyFile">Null: the server's own choice.</param>
/// <param name="LogLevel">One of <c>trace</c>, <c>debug</c>, <c>info</c>, <c>warning</c>, <c>error</c>.</param>
internal sealed record DevOptions(string DataDirectory, IPEndPoint Listen, string? MasterKeyFile, string LogLevel, bool Insecure);
