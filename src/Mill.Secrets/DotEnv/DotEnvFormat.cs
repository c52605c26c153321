namespace Mill.Secrets.DotEnv;

/// <summary>Who will read a file of variables.</summary>
public enum DotEnvFormat
{
    /// <summary>dotenv libraries; the one for Node (version 16) is the reference.</summary>
    Dotenv,

    /// <summary>bash and dash: <c>. ./file</c>.</summary>
    Shell,

    /// <summary><c>docker run --env-file</c> (https://docs.docker.com/reference/cli/docker/container/run/#env).</summary>
    Docker,

    /// <summary>One JSON object (RFC 8259).</summary>
    Json,
}
