package demo

var homesOthers = map[string]home{
	"en-US": {
		places: "New_York/NY/10001,10011 Brooklyn/NY/11201 Chicago/IL/60614 Los_Angeles/CA/90012 San_Francisco/CA/94110 Houston/TX/77002 " +
			"Austin/TX/78701 Denver/CO/80202 Seattle/WA/98101 Boston/MA/02116 Miami/FL/33130 Portland/OR/97205",
		streets: "Main_Street Oak_Avenue Maple_Drive Elm_Street Washington_Boulevard 2nd_Street Park_Place Sunset_Lane",
		lines:   "# %|#~ %|#~~ %", second: "Apt ~B|Apt #|Suite ~00|Unit #",
	},
	"en-CA": {
		places:  "Toronto/ON/M5V_2T6 Ottawa/ON/K1P_1J1 Vancouver/BC/V6B_1A1 Calgary/AB/T2P_1J9 Halifax/NS/B3J_1P3 St._John’s/NL/A1C_5S7",
		streets: "King_Street_West Queen_Street Granville_Street Maple_Crescent Lakeshore_Road", lines: "# %|#~ %", second: "Unit #|Suite ~00",
	},
	"fr-CA": {
		places:  "Montréal/QC/H2X_1Y4 Québec/QC/G1R_2S5 Gatineau/QC/J8X_2K1 Sherbrooke/QC/J1H_1R8",
		streets: "rue_Sainte-Catherine chemin_Sainte-Foy boulevard_René-Lévesque rue_Sherbrooke avenue_du_Parc", lines: "#, %|#~, %", second: "app. ~",
	},
	"es-MX": {
		places: "Ciudad_de_México/CDMX/06700/Roma_Norte Ciudad_de_México/CDMX/11560/Polanco Ciudad_de_México/CDMX/03100/Del_Valle Guadalajara/Jal./44100/Centro " +
			"Monterrey/N.L./64000/Centro Mérida/Yuc./97000/Centro Tijuana/B.C./22000/Zona_Centro",
		streets: "Av._Insurgentes Calle_Hidalgo Av._Juárez Calle_5_de_Mayo Calle_Morelos Blvd._Díaz_Ordaz", lines: "% #|% #~|% # Int. ~",
	},
	"es-AR": {
		places:  "Buenos_Aires/Ciudad_Autónoma_de_Buenos_Aires/C1043AAZ,C1070AAM Córdoba/Córdoba/X5000 Rosario/Santa_Fe/S2000 Mendoza/Mendoza/M5500 La_Plata/Buenos_Aires/B1900",
		streets: "Av._Corrientes Calle_San_Martín Av._Rivadavia Calle_Belgrano 9_de_Julio Av._Colón", lines: "% #|% #~", second: "~° B|PB A",
	},
	"pt-BR": {
		places: "São_Paulo/SP/01310-100/Bela_Vista Rio_de_Janeiro/RJ/22041-001/Copacabana Belo_Horizonte/MG/30130-010/Centro Manaus/AM/69005-070/Centro " +
			"Recife/PE/50030-230 Porto_Alegre/RS/90010-150/Centro_Histórico Curitiba/PR/80020-310/Centro Salvador/BA/40301-110",
		streets: "Rua_das_Flores Avenida_Brasil Rua_São_João Rua_XV_de_Novembro Travessa_da_Paz Avenida_Getúlio_Vargas",
		lines:   "%, #|%, #~", second: "Apto. ~0~|Bloco B, apto. #",
	},
	"en-NG": {
		places: "Ikeja/Lagos/100001 Lagos/Lagos/101001 Ibadan/Oyo/200001 Abuja/Federal_Capital_Territory/900001 Kano/Kano/700001 Port_Harcourt/Rivers/500001 " +
			"Enugu/Enugu/400001",
		streets: "Awolowo_Road Allen_Avenue Ahmadu_Bello_Way Market_Road Independence_Layout", lines: "# %|No. #, %",
	},
	"am-ET": {
		places:  "አዲስ_አበባ//1000 ባሕር_ዳር//6000",
		streets: "ቦሌ_መንገድ ቸርችል_ጎዳና መስቀል_አደባባይ አፍሪካ_ጎዳና", lines: "% #|%፣ የቤት ቁጥር #",
	},
	"sw-KE": {
		places:  "Nairobi//00100,00200 Mombasa//80100 Kisumu//40100 Nakuru//20100 Eldoret//30100",
		streets: "Moi_Avenue Kenyatta_Avenue Ngong_Road Kimathi_Street Uhuru_Highway", lines: "# %|# %|P.O. Box #~~",
	},
	"zu-ZA": {
		places:  "Johannesburg//2001 Cape_Town//8001/Gardens Durban//4001 Pretoria//0002 Bloemfontein//9301",
		streets: "Mandela_Road Church_Street Long_Street Biko_Street Voortrekker_Road", lines: "# %", second: "Unit ~",
	},
	"en-AU": {
		places: "Sydney/NSW/2000 Newtown/NSW/2042 Melbourne/VIC/3000 Fitzroy/VIC/3065 Brisbane/QLD/4000 Perth/WA/6000 " +
			"Adelaide/SA/5000 Hobart/TAS/7000",
		streets: "George_Street Wattle_Avenue Victoria_Parade Banksia_Court Beach_Road", lines: "# %|~/# %",
	},
	"mi-NZ": {
		places:  "Auckland//1010,1021 Wellington//6011 Christchurch//8011 Hamilton//3204 Dunedin//9016",
		streets: "Queen_Street Karangahape_Road Tāmaki_Drive Kōwhai_Road Tūī_Street", lines: "# %|~/# %",
	},
}
