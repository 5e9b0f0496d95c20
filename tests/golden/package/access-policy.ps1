# Lets the app make online meetings in the name of everybody in the organization.
# A Teams administrator runs this once. It takes up to 30 minutes to count.
Install-Module -Name MicrosoftTeams -Scope CurrentUser
Import-Module MicrosoftTeams
Connect-MicrosoftTeams -TenantId '8f0c1f5e-0000-4000-8000-000000000001'
New-CsApplicationAccessPolicy -Identity 'MUSTER_ACCESS_POLICY_8f0c1f5e-0000-4000-8000-0000000000aa' -AppIds '8f0c1f5e-0000-4000-8000-0000000000aa' -Description 'Muster makes online meetings for incidents'
# Everybody has one such policy, and the next command would replace another app's. Where one is
# granted already, leave the command out and add this app's id to that policy instead:
#   Set-CsApplicationAccessPolicy -Identity <that policy> -AppIds @{Add=<the id above>}
Grant-CsApplicationAccessPolicy -PolicyName 'MUSTER_ACCESS_POLICY_8f0c1f5e-0000-4000-8000-0000000000aa' -Global
